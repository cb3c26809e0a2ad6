// Says where jobs are to be had.
const page = document.querySelector('#page');
if (page) page.textContent = 'jobd is running.';
